module example.com/apiroute/examples/serverless

go 1.26.0

// It has files in Go that are not part of this module.
ignore ./node_modules

replace example.com/apiroute => ../..

require (
	example.com/apiroute v0.0.0-00010101000000-000000000000
	github.com/aws/aws-lambda-go v1.55.1
	github.com/awslabs/aws-lambda-go-api-proxy v0.16.2
)
