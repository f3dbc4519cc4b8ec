module example.com/shop

go 1.24

require github.com/shopspring/decimal v1.3.1
