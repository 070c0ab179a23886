using System.Security.Claims;

namespace McpDevBench.Access;

/// <summary>On whose behalf a call is made. Everything that a call creates or finds belongs to its name.</summary>
internal sealed record Principal(string Name)
{
    /// <summary>Everybody, while there is no authentication.</summary>
    public static Principal Local { get; } = new("local");

    /// <summary>The one place where a caller becomes an owner.</summary>
    public static Principal Of(ClaimsPrincipal? user)
    {
        _ = user;
        return Local;
    }
}
