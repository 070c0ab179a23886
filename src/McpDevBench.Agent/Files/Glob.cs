using System.Text;
using McpDevBench.Agent.Linux;
using McpDevBench.AgentProtocol;

namespace McpDevBench.Agent.Files;

/// <summary>
/// A pattern of <c>*</c>, <c>?</c>, <c>[a-z]</c>, <c>{a,b}</c> and <c>**</c> (any number of directories) on a path.
/// Without a slash it is matched against the name alone. Matching never takes more than pattern times path steps.
/// </summary>
internal sealed class Glob
{
    private const int MaxLength = 1_024;
    private const int MaxAlternatives = 256;

    private readonly List<byte[][]> _alternatives = [];
    private readonly bool _onName;

    public Glob(string pattern)
    {
        var bytes = Encoding.UTF8.GetBytes(pattern);
        if (bytes.Length > MaxLength)
            throw new OperationException(AgentStatus.Invalid, $"a glob has at most {MaxLength} bytes");
        _onName = !bytes.AsSpan().Contains((byte)'/');
        Expand(bytes);
    }

    /// <returns>Null for an empty pattern: everything matches.</returns>
    public static Glob? Of(string pattern) => pattern.Length == 0 ? null : new Glob(pattern);

    public static Glob[] Of(IReadOnlyCollection<string> patterns) => [.. patterns.Select(pattern => new Glob(pattern))];

    public bool Matches(ReadOnlySpan<byte> path)
    {
        if (_onName)
            path = path[(path.LastIndexOf((byte)'/') + 1)..];
        foreach (var segments in _alternatives)
        {
            if (GlobSegments.Match(segments, path))
                return true;
        }
        return false;
    }

    /// <summary>Replaces the first pair of braces by each of its alternatives, and so on with what comes out.</summary>
    private void Expand(byte[] pattern)
    {
        var open = GlobSegments.IndexOutsideClass(pattern, (byte)'{');
        var close = open < 0 ? -1 : Closing(pattern, open);
        if (close < 0)
        {
            if (_alternatives.Count == MaxAlternatives)
                throw new OperationException(AgentStatus.Invalid, $"a glob has at most {MaxAlternatives} alternatives");
            _alternatives.Add(GlobSegments.Split(pattern));
            return;
        }
        var depth = 0;
        var start = open + 1;
        for (var i = open + 1; i <= close; i++)
        {
            var at = pattern[i];
            if (i == close || (at == ',' && depth == 0))
            {
                Expand([.. pattern[..open], .. pattern[start..i], .. pattern[(close + 1)..]]);
                start = i + 1;
            }
            depth += Depth(at);
        }
    }

    private static int Depth(byte at) => at switch
    {
        (byte)'{' => 1,
        (byte)'}' => -1,
        _ => 0,
    };

    private static int Closing(byte[] pattern, int open)
    {
        var depth = 0;
        for (var i = open; i < pattern.Length; i++)
        {
            depth += Depth(pattern[i]);
            if (depth == 0)
                return i;
        }
        return -1;
    }
}
