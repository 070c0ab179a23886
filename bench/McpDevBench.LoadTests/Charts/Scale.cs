using System.Globalization;

namespace McpDevBench.LoadTests.Charts;

/// <param name="Value">Where it is.</param>
/// <param name="Label">What stands there.</param>
internal readonly record struct Tick(double Value, string Label);

/// <summary>How values are laid out along an axis: 0 at its beginning, 1 at its end.</summary>
internal sealed record Scale(Func<double, double> Position, IReadOnlyList<Tick> Ticks)
{
    /// <summary>From a round number to a round number, in about so many steps.</summary>
    public static Scale Linear(double minimum, double maximum, Unit unit, int steps)
    {
        if (!(maximum > minimum))
            maximum = minimum + Math.Max(1e-9, Math.Abs(minimum) is 0 ? 1 : Math.Abs(minimum));
        var step = Step((maximum - minimum) / steps, unit.IsBinary);
        var (first, last) = (Math.Floor((minimum / step) + 1e-9), Math.Ceiling((maximum / step) - 1e-9));
        var ticks = Enumerable.Range(0, (int)(last - first) + 1).Select(number => (first + number) * step).Select(
            value => new Tick(value, unit.Format(value)));
        return new(value => (value - (first * step)) / ((last - first) * step), [.. ticks]);
    }

    /// <summary>Each power of ten is as long as the next.</summary>
    public static Scale Logarithmic(double minimum, double maximum, Unit unit)
    {
        var first = (int)Math.Floor(Math.Log10(minimum) + 1e-9);
        var last = Math.Max(first + 1, (int)Math.Ceiling(Math.Log10(maximum) - 1e-9));
        var ticks = Enumerable.Range(first, last - first + 1).Select(power => Math.Pow(10, power)).Select(
            value => new Tick(value, unit.Format(value)));
        return new(value => (Math.Log10(Math.Max(value, 1e-12)) - first) / (last - first), [.. ticks]);
    }

    /// <summary>Percentiles: each further nine is as long as the next, so that the slowest one in a thousand can be seen.</summary>
    /// <param name="highest">Below 100.</param>
    public static Scale Percentiles(double highest)
    {
        var nines = Math.Max(1, Nines(highest));
        var ticks = new[] { 0, 50, 90, 99, 99.9, 99.99, 99.999, 99.9999 }.Where(value => Nines(value) <= nines + 1e-9)
            .Select(value => new Tick(value, $"{value.ToString(CultureInfo.InvariantCulture)} %"));
        return new(value => Nines(value) / nines, [.. ticks]);
    }

    /// <summary>Seconds since a beginning, or of the day, with ticks at whole seconds, minutes or hours.</summary>
    /// <param name="label">How a moment is written.</param>
    public static Scale Time(double begin, double end, int steps, Func<double, string> label)
    {
        double[] round = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400];
        var step = round.FirstOrDefault(step => step >= (end - begin) / steps, round[^1]);
        var ticks = new List<Tick>();
        for (var at = Math.Ceiling((begin / step) - 1e-9) * step; at <= end + 1e-9; at += step)
            ticks.Add(new Tick(at, label(at)));
        return new(value => (value - begin) / (end - begin), ticks);
    }

    /// <summary>90 is one nine, 99 are two.</summary>
    private static double Nines(double percentile) => -Math.Log10(1 - (percentile / 100));

    private static double Step(double wanted, bool binary)
    {
        if (binary)
            return Math.Pow(2, Math.Ceiling(Math.Log2(wanted)));
        var power = Math.Pow(10, Math.Floor(Math.Log10(wanted)));
        return new[] { 1, 2, 2.5, 5, 10 }.First(factor => factor * power >= wanted * 0.999) * power;
    }
}
