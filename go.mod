module example.com/apiroute

go 1.22

require github.com/google/go-cmp v0.7.0
