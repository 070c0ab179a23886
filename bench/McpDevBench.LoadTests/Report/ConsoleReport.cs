using McpDevBench.LoadTests.Slo;

namespace McpDevBench.LoadTests.Report;

/// <summary>What is said of a load as soon as it has ended.</summary>
internal static class ConsoleReport
{
    public static void Write(TextWriter output, Judgement judgement)
    {
        var result = judgement.Result;
        output.WriteLine($"{result.Scenario.Name}: {result.Scenario.Title}");
        output.WriteLine(Words.Invariant($"  throughput  {Words.Rate(judgement.Offered)} offered, {Words.Rate(judgement.Achieved)} achieved; {judgement.Latencies.Count} requests in {result.Elapsed.TotalSeconds:0.0} s"));
        output.WriteLine($"  latency     P50 {Percentile(50)}, P95 {Percentile(95)}, P99 {Percentile(99)}, max {Words.Seconds(judgement.Latencies.Maximum)}; of that the clients' own late starts: P95 {Words.Seconds(judgement.Lateness.Percentile(95))}");
        output.WriteLine(Words.Invariant($"  errors      {judgement.Failed} failed, {judgement.Failed * 100.0 / Math.Max(1, judgement.Latencies.Count):0.###} %; {judgement.Refused} refused for a client's mistake"));
        if (result.Resources is { } resources)
            output.WriteLine(Words.Invariant($"  server      {resources.Cores:0.00} cores, {Words.Bytes(resources.PeakBytes)} at most"));
        foreach (var verdict in judgement.Verdicts)
            output.WriteLine($"  {Mark(verdict)} {verdict.Objective.Name,-12}  {verdict.Objective.Promise,-37} clients: {Words.Sight(verdict.Client),-32} metrics: {Words.Sight(verdict.Metrics)}");
        foreach (var complaint in judgement.Complaints)
            output.WriteLine($"  ✗ {complaint}");
        output.WriteLine();
        string Percentile(double percentile) => Words.Seconds(judgement.Latencies.Percentile(percentile));
    }

    private static string Mark(Verdict verdict) => verdict.IsMet ? "✓" : "✗";
}
