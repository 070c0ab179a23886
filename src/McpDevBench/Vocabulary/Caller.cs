using System.Security.Claims;

namespace McpDevBench.Vocabulary;

/// <summary>Who makes a call, and what they may do. Everything that a call creates or finds belongs to its caller.</summary>
/// <param name="Name">The owner in databases, labels and audit records.</param>
internal sealed record Caller(string Name, CallerScopes Scopes = CallerScopes.All)
{
    /// <summary>The only caller while there is no authentication.</summary>
    public static Caller Local { get; } = new("local");

    /// <summary>The caller behind the user that authentication found.</summary>
    public static Caller Of(ClaimsPrincipal? user)
    {
        _ = user;
        return Local;
    }

    public bool Has(CallerScopes scopes) => (Scopes & scopes) == scopes;
}

/// <summary>What a caller may do.</summary>
[Flags]
internal enum CallerScopes
{
    None = 0,
    Read = 1,
    Write = 2,
    Exec = 4,
    Admin = 8,
    All = Read | Write | Exec | Admin,
}
