// Shows the document of the API with Swagger UI. With the token of the admin, requests can be made from
// the page.
SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#ui",
  deepLinking: true,
  tryItOutEnabled: true,
  defaultModelsExpandDepth: 0,
});
