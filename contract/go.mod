module example.com/apiroute/contract

go 1.26.0

replace example.com/apiroute => ..

require example.com/apiroute v0.0.0-00010101000000-000000000000
