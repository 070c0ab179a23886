using Prometheus;

namespace McpDevBench.Observability.Metrics;

/// <summary>A counter with one label: every series there from the start, at zero, so that the first event is an increase.</summary>
internal sealed class CounterRow(Counter counter, LabelValues values)
{
    private readonly Counter.Child[] _series = [.. values.Words.Select(word => counter.WithLabels(word))];

    public void Add(string value, double amount = 1) => _series[values.IndexOf(value)].Inc(amount);
}

/// <summary>
/// A counter with two labels. A small one is there from the start, as with <see cref="CounterRow"/>. Of a large one the series of a row
/// come up together, at zero, with the row's first event: a query sees every later one as an increase, and what is never used is not shown.
/// </summary>
internal sealed class CounterTable
{
    /// <summary>Series; what has more of them is large.</summary>
    public const int Small = 300;

    private readonly Counter _counter;
    private readonly LabelValues _rows, _columns;
    private readonly Counter.Child[]?[] _series;

    public CounterTable(Counter counter, LabelValues rows, LabelValues columns)
    {
        (_counter, _rows, _columns) = (counter, rows, columns);
        _series = new Counter.Child[]?[rows.Words.Count];
        for (var row = 0; row < _series.Length && _series.Length * columns.Words.Count <= Small; row++)
            BringUp(row);
    }

    /// <summary>Brings up a row.</summary>
    public void Touch(string row) => Row(_rows.IndexOf(row));

    public void Add(string row, string column, double amount = 1) => Row(_rows.IndexOf(row))[_columns.IndexOf(column)].Inc(amount);

    private Counter.Child[] Row(int index) => _series[index] ?? BringUp(index);

    // Apart, because what the lambda captures is allocated on entry. Two callers may be here at the same time: both get the same series.
    private Counter.Child[] BringUp(int index) =>
        _series[index] = [.. _columns.Words.Select(column => _counter.WithLabels(_rows.Words[index], column))];
}

/// <summary>A histogram with one label: every series there from the start, as with <see cref="CounterRow"/>.</summary>
internal sealed class HistogramRow(Histogram histogram, LabelValues values)
{
    private readonly Histogram.Child[] _series = [.. values.Words.Select(word => histogram.WithLabels(word))];

    public void Observe(string value, TimeSpan duration) => _series[values.IndexOf(value)].Observe(duration.TotalSeconds);
}

/// <summary>A histogram with two labels; a series comes up with its first observation.</summary>
internal sealed class HistogramTable(Histogram histogram, LabelValues rows, LabelValues columns)
{
    private readonly Histogram.Child?[] _series = new Histogram.Child?[rows.Words.Count * columns.Words.Count];

    public void Observe(string row, string column, TimeSpan duration)
    {
        var (y, x) = (rows.IndexOf(row), columns.IndexOf(column));
        (_series[(y * columns.Words.Count) + x] ??= histogram.WithLabels(rows.Words[y], columns.Words[x])).Observe(duration.TotalSeconds);
    }
}
