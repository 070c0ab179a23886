using System.Text.RegularExpressions;

namespace McpDevBench.EndToEndTests.Monitoring;

/// <summary>Metrics in Prometheus's text format: which there are, with which labels, and which values of those.</summary>
internal sealed partial class ExposedNames
{
    private readonly Dictionary<string, string> _types = [];
    private readonly Dictionary<string, HashSet<string>> _labels = [];
    private readonly Dictionary<string, HashSet<string>> _values = [];

    public ExposedNames(string text)
    {
        foreach (Match type in TypeLine().Matches(text))
            _types[type.Groups[1].Value] = type.Groups[2].Value;
        foreach (Match sample in Sample().Matches(text))
        {
            foreach (Match label in Label().Matches(sample.Groups[2].Value))
                Add(Family(sample.Groups[1].Value), label.Groups[1].Value, label.Groups[2].Value);
        }
    }

    /// <summary>The values of a label, in whichever metric.</summary>
    public IReadOnlySet<string> ValuesOf(string label) => _values.GetValueOrDefault(label, []);

    public bool Has(string metric) => _types.ContainsKey(Family(metric));

    /// <remarks>The buckets of a histogram have their bound as a label, also where the text leaves them out.</remarks>
    public bool Has(string metric, string label) =>
        label == "le" ? metric.EndsWith("_bucket", StringComparison.Ordinal)
            && Family(metric) != metric : _labels.GetValueOrDefault(Family(metric), []).Contains(label);

    /// <summary>Something that is exposed elsewhere.</summary>
    public void Add(string metric, string label, string value)
    {
        _types.TryAdd(metric, "untyped");
        (_labels.TryGetValue(metric, out var labels) ? labels : _labels[metric] = []).Add(label);
        (_values.TryGetValue(label, out var values) ? values : _values[label] = []).Add(value);
    }

    /// <summary>A histogram is asked for by its buckets, sum and count.</summary>
    private string Family(string name)
    {
        var family = Part().Replace(name, "");
        return _types.GetValueOrDefault(family) == "histogram" ? family : name;
    }

    [GeneratedRegex(@"(?m)^# TYPE (\S+) (\S+)$")]
    private static partial Regex TypeLine();

    [GeneratedRegex(@"(?m)^([a-zA-Z_:][\w:]*)\{(.*)\} \S+$")]
    private static partial Regex Sample();

    [GeneratedRegex(@"(\w+)=""([^""]*)""")]
    private static partial Regex Label();

    [GeneratedRegex("_(bucket|sum|count)$")]
    private static partial Regex Part();
}
