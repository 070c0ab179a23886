using System.Diagnostics.CodeAnalysis;

namespace McpDevBench.Execs;

/// <summary>The handle of a command: <c>e_</c> and its key, in the form of a UUID (<see cref="ExecKeys"/>).</summary>
internal readonly record struct ExecId(Guid Value)
{
    public static ExecId New() => new(Guid.NewGuid());

    public static bool TryParse([NotNullWhen(true)] string? text, out ExecId id)
    {
        id = default;
        if (text is null || !text.StartsWith("e_", StringComparison.Ordinal) || !Guid.TryParseExact(text.AsSpan(2), "D", out var value))
            return false;
        id = new ExecId(value);
        return true;
    }

    public override string ToString() => $"e_{Value:D}";
}
