
namespace McpDevBench.Mcp;

/// <summary>What a request to the file endpoint asks for.</summary>
internal sealed record FileCall(Caller Caller, string Container, string Path, string? Format, IReadOnlyCollection<string> Include, IReadOnlyCollection<string> Exclude, bool Unpack, string? Mode)
{
    public static FileCall Of(HttpContext context)
    {
        var query = context.Request.Query;
        var path = query["path"].ToString();
        var format = query["format"].ToString();
        var mode = query["mode"].ToString();
        return new(
            Caller.Of(context.User),
            (string?)context.Request.RouteValues["id"] ?? "",
            path.Length > 0 ? path : "/workspace",
            format.Length > 0 ? format : null,
            [.. query["include"].OfType<string>()],
            [.. query["exclude"].OfType<string>()],
            FileQuery.IsTrue(query["unpack"].ToString()),
            mode.Length > 0 ? mode : null);
    }
}
