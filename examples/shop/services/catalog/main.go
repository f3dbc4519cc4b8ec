// Catalog answers what the shop sells, and asks stock how many pieces there are.
//
//	GET /products        all of them
//	GET /products/{sku}  one
package main

import (
	"cmp"
	"encoding/json"
	"log"
	"net"
	"net/http"
	"os"

	"example.com/shop/gen/api"
)

func main() {
	products, err := readProducts()
	if err != nil {
		log.Fatal(err)
	}
	stock := os.Getenv("STOCK_URL")
	http.HandleFunc("GET /health", func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("ok\n")) })
	http.HandleFunc("GET /products", func(w http.ResponseWriter, _ *http.Request) { answer(w, products) })
	http.HandleFunc("GET /products/{sku}", func(w http.ResponseWriter, r *http.Request) {
		for _, product := range products {
			if product.Sku == r.PathValue("sku") {
				answerWithStock(w, stock, product)
				return
			}
		}
		http.Error(w, "no such product", http.StatusNotFound)
	})
	log.Fatal(http.ListenAndServe(net.JoinHostPort(os.Getenv("HOST"), cmp.Or(os.Getenv("PORT"), "8080")), nil))
}

func answerWithStock(w http.ResponseWriter, stock string, product api.Product) {
	response, err := http.Get(stock + "/stock/" + product.Sku)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	defer response.Body.Close()
	var level api.Stock
	if err := json.NewDecoder(response.Body).Decode(&level); err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	product.Available = level.Available
	answer(w, product)
}

func answer(w http.ResponseWriter, value any) {
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(value)
}
