// The API as an AWS Lambda function behind an HTTP API of API Gateway, or behind a function URL
// whose invoke mode is BUFFERED.
package main

import (
	"github.com/aws/aws-lambda-go/lambda"
	"github.com/awslabs/aws-lambda-go-api-proxy/httpadapter"

	"example.com/apiroute/examples/serverless/app"
)

func main() { lambda.Start(httpadapter.NewV2(app.New()).ProxyWithContext) }
