module example.com/apiroute

go 1.22
