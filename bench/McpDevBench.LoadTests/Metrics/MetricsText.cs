using System.Globalization;
using System.Text;

namespace McpDevBench.LoadTests.Metrics;

/// <summary>One value of one series.</summary>
internal sealed record MetricSample(string Name, IReadOnlyDictionary<string, string> Labels, double Value);

/// <summary>
/// Reads the text that a Prometheus scrapes, also its OpenMetrics form: comments, timestamps and exemplars are passed over.
/// </summary>
internal static class MetricsText
{
    /// <exception cref="FormatException">A line is none of a sample, a comment or empty.</exception>
    public static IReadOnlyList<MetricSample> Parse(string text)
    {
        var samples = new List<MetricSample>();
        foreach (var line in text.Split('\n'))
        {
            if (line.TrimEnd('\r') is { Length: > 0 } content && content[0] != '#')
                samples.Add(new Line(content).Read());
        }
        return samples;
    }

    /// <summary>A number as it is written in the text: also <c>+Inf</c>, <c>-Inf</c> and <c>NaN</c>.</summary>
    public static double Number(string text) => text switch
    {
        "+Inf" or "Inf" => double.PositiveInfinity,
        "-Inf" => double.NegativeInfinity,
        _ => double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture),
    };

    private sealed class Line(string text)
    {
        private int _at;

        public MetricSample Read()
        {
            var name = Until("{ ");
            var labels = new Dictionary<string, string>();
            if (Next() == '{')
            {
                _at++;
                while (Next() != '}')
                    ReadLabel(labels);
                _at++;
            }
            while (Next() == ' ')
                _at++;
            return new MetricSample(name, labels, Number(Until(" ")));
        }

        private void ReadLabel(Dictionary<string, string> labels)
        {
            var name = Until("=").Trim();
            _at++;
            if (Next() != '"')
                throw Broken();
            _at++;
            var value = new StringBuilder();
            for (; Next() != '"'; _at++)
            {
                if (Next() != '\\')
                {
                    value.Append(Next());
                    continue;
                }
                _at++;
                value.Append(Next() == 'n' ? '\n' : Next());
            }
            _at++;
            labels.Add(name, value.ToString());
            if (Next() == ',')
                _at++;
        }

        private char Next() => _at < text.Length ? text[_at] : throw Broken();

        private string Until(string ends)
        {
            var end = text.AsSpan(_at).IndexOfAny(ends);
            var word = end < 0 ? text[_at..] : text.Substring(_at, end);
            _at += word.Length;
            return word.Length > 0 ? word : throw Broken();
        }

        private FormatException Broken() => new($"Not a line of metrics: {text}");
    }
}
