using System.Globalization;
using McpDevBench.LoadTests.Charts;
using McpDevBench.LoadTests.Slo;

namespace McpDevBench.LoadTests.Report;

/// <summary>How figures are said.</summary>
internal static class Words
{
    public static string Seconds(double? seconds) => seconds is { } value ? Unit.Seconds.Format(value) : "–";

    public static string Bytes(double bytes) => Unit.Bytes.Format(bytes);

    public static string Rate(double perSecond) => Invariant($"{perSecond:0.0}/s");

    public static string Sight(Sight sight)
    {
        if (sight.Share.Ratio is not { } ratio)
            return "no traffic";
        var share = Invariant($"{Math.Floor(ratio * 1e5) / 1e3:0.###} % of {sight.Share.All:0}");
        return sight.P95 is { } p95 ? $"{share}, P95 {Seconds(p95)}" : share;
    }

    /// <summary>How far the objective is from being broken, by the worse of the two sides.</summary>
    public static string Room(Verdict verdict)
    {
        if (verdict.Objective.LimitSeconds is { } limit)
        {
            return Math.Max(verdict.Client.P95 ?? 0, verdict.Metrics.P95 ?? 0) is var p95 and > 0
                ? Invariant($"P95 is {p95 / limit * 100:0.#} % of {Seconds(limit)}")
                : "–";
        }
        return Math.Min(verdict.Client.Share.Ratio ?? 1, verdict.Metrics.Share.Ratio ?? 1) is var share and < 1
            ? Invariant($"{(1 - share) / (1 - verdict.Objective.Min) * 100:0} % of the budget is used")
            : "nothing of the budget is used";
    }

    public static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
