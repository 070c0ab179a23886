using McpDevBench.LoadTests;

return args switch
{
    [] or ["compare"] => await Comparison.RunAsync(),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("Usage: compare    One call through MCP against the same through docker exec and docker cp.");
    return 2;
}
