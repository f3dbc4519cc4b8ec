// Checkout answers what a number of pieces costs.
//
//	GET /quote?sku=mug&quantity=12
package main

import (
	"cmp"
	"encoding/json"
	"log"
	"net"
	"net/http"
	"os"
	"strconv"

	"example.com/shop/gen/api"
)

func main() {
	catalog := os.Getenv("CATALOG_URL")
	http.HandleFunc("GET /health", func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("ok\n")) })
	http.HandleFunc("GET /quote", func(w http.ResponseWriter, r *http.Request) {
		quantity, err := strconv.Atoi(r.FormValue("quantity"))
		if err != nil || quantity < 1 {
			http.Error(w, "quantity must be a number from 1", http.StatusBadRequest)
			return
		}
		product, err := findProduct(catalog, r.FormValue("sku"))
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		quote, err := quoteFor(product, quantity)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		json.NewEncoder(w).Encode(quote)
	})
	log.Fatal(http.ListenAndServe(net.JoinHostPort(os.Getenv("HOST"), cmp.Or(os.Getenv("PORT"), "8080")), nil))
}

func findProduct(catalog, sku string) (product api.Product, err error) {
	response, err := http.Get(catalog + "/products/" + sku)
	if err != nil {
		return product, err
	}
	defer response.Body.Close()
	return product, json.NewDecoder(response.Body).Decode(&product)
}
