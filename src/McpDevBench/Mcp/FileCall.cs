using McpDevBench.Calls;

namespace McpDevBench.Mcp;

/// <summary>The parameters of a request to the file endpoint, with its call.</summary>
internal sealed record FileCall(Caller Caller, string Container, string Path)
{
    public required HttpContext Context { get; init; }

    public required CallScope Scope { get; init; }

    public string? Format { get; init; }

    public IReadOnlyCollection<string> Include { get; init; } = [];

    public IReadOnlyCollection<string> Exclude { get; init; } = [];

    public bool Unpack { get; init; }

    public string? Mode { get; init; }

    public HttpRequest Request => Context.Request;

    public HttpResponse Response => Context.Response;

    public static FileCall Of(HttpContext context, Caller caller, CallScope scope)
    {
        var query = context.Request.Query;
        return new(caller, (string?)context.Request.RouteValues["id"] ?? "", Given("path") ?? ContainerPaths.Workspace)
        {
            Context = context,
            Scope = scope,
            Format = Given("format"),
            Include = [.. query["include"].OfType<string>()],
            Exclude = [.. query["exclude"].OfType<string>()],
            Unpack = FileQuery.IsTrue(query["unpack"].ToString()),
            Mode = Given("mode"),
        };

        string? Given(string name) => query[name].ToString() is { Length: > 0 } value ? value : null;
    }
}
