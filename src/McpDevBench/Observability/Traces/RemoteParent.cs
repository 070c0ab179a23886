using System.Buffers;
using System.Diagnostics;

namespace McpDevBench.Observability.Traces;

/// <summary>Parses a client's W3C trace context. An invalid one is ignored.</summary>
internal static class RemoteParent
{
    private const int Length = 55;
    private const int MaxStateLength = 512;

    private static readonly SearchValues<char> _hex = SearchValues.Create("0123456789abcdef");

    public static bool TryParse(string? traceparent, string? tracestate, out ActivityContext parent)
    {
        parent = default;
        // The runtime's parser looks at neither the dashes nor the flags.
        if (traceparent is not { Length: Length } text || text[2] != '-' || text[35] != '-' || text[52] != '-'
            || text.StartsWith("ff", StringComparison.Ordinal))
            return false;
        return IsHex(text.AsSpan(0, 2)) && IsId(text.AsSpan(3, 32)) && IsId(text.AsSpan(36, 16)) && IsHex(text.AsSpan(53, 2))
            && ActivityContext.TryParse(text, Acceptable(tracestate), isRemote: true, out parent);
    }

    private static bool IsHex(ReadOnlySpan<char> text) => !text.ContainsAnyExcept(_hex);

    private static bool IsId(ReadOnlySpan<char> text) => IsHex(text) && text.ContainsAnyExcept('0');

    /// <summary>Forwarded unchanged, so only if it is short and printable.</summary>
    private static string? Acceptable(string? tracestate) =>
        tracestate is { Length: > 0 and <= MaxStateLength } && !tracestate.AsSpan().ContainsAnyExceptInRange(' ', '~') ? tracestate : null;
}
