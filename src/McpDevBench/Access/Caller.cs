using System.Security.Claims;

namespace McpDevBench.Access;

/// <summary>Who makes a call. Everything that a call creates or finds belongs to its caller.</summary>
internal sealed record Caller(string Name)
{
    /// <summary>The only caller while there is no authentication.</summary>
    public static Caller Local { get; } = new("local");

    /// <summary>The caller behind the user that authentication found.</summary>
    public static Caller Of(ClaimsPrincipal? user)
    {
        _ = user;
        return Local;
    }
}
