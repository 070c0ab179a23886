using System.Diagnostics.CodeAnalysis;

namespace McpDevBench.Workspaces;

/// <summary>The handle of a workspace: <c>c_</c> and a random UUID. A name, not a capability: every use is authorised.</summary>
internal readonly record struct WorkspaceId(Guid Value)
{
    public static WorkspaceId New() => new(Guid.NewGuid());

    public static bool TryParse([NotNullWhen(true)] string? text, out WorkspaceId id)
    {
        id = default;
        if (text is null || !text.StartsWith("c_", StringComparison.Ordinal) || !Guid.TryParseExact(text.AsSpan(2), "D", out var value))
            return false;
        id = new WorkspaceId(value);
        return true;
    }

    public override string ToString() => $"c_{Value:D}";
}
