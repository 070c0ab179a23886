using McpDevBench;
using McpDevBench.ConformanceHost;
using ModelContextProtocol.AspNetCore;

// The product's own HTTP pipeline around the fixtures that the conformance suite calls by name. It is stateless like the product for the
// revision of 2026-07-28; what the suite asks of older ones (sampling, elicitation, subscriptions) needs sessions:
// CONFORMANCE_SESSIONS=true.
var configuration = new ConfigurationBuilder().AddEnvironmentVariables().Build();
var mode = configuration["CONFORMANCE_SESSIONS"] == "true"
    ? HttpServerSessionMode.StatefulForInitializeClients
    : HttpServerSessionMode.Stateless;
var settings = new Settings(configuration);
var options = DevBenchOptions.Read(settings);
var builder = DevBenchServer.CreateHttpBuilder(options);
var mcp = DevBenchServer.AddPipeline(builder.Services, options).WithHttpTransport(http => http.SessionMode = mode);
mcp.WithTools(ContentTools.All).WithTools(ClientTools.All).WithTools(InputRequiredTools.All).WithPrompts(PromptFixture.All)
    .WithResources(ResourceFixture.All);
Handlers.Add(mcp);

var app = builder.Build();
DevBenchServer.MapEndpoints(app, options);
await app.RunAsync();
