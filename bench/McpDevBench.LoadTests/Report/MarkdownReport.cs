using System.Text;

namespace McpDevBench.LoadTests.Report;

/// <summary>The report that stays: README.md and a picture for each scenario.</summary>
internal static class MarkdownReport
{
    public static async Task WriteAsync(DirectoryInfo folder, IReadOnlyList<Judgement> judgements, DateTimeOffset now)
    {
        folder.Create();
        await File.WriteAllTextAsync(Path.Combine(folder.FullName, "percentiles.svg"), Pictures.Percentiles(judgements));
        foreach (var judgement in judgements)
            await File.WriteAllTextAsync(
                Path.Combine(folder.FullName, $"{judgement.Result.Scenario.Name}.svg"), Pictures.Scenario(judgement));
        await File.WriteAllTextAsync(Path.Combine(folder.FullName, "README.md"), Text(judgements, now));
    }

    private static string Text(IReadOnlyList<Judgement> judgements, DateTimeOffset now)
    {
        var text = new StringBuilder();
        text.Append(Words.Invariant($"""
            # Load report

            {now.UtcDateTime:yyyy-MM-dd HH:mm} UTC, {Environment.ProcessorCount} processors, which the clients, Docker and the workspaces share with the server. {(judgements.All(one => one.IsGood) ? "Every promise was kept." : "**Not every promise was kept.**")}

            Operations arrive at random moments that were fixed beforehand, whether or not the server has answered earlier ones, and every latency counts from the moment when its request was to start.

            | scenario | offered | achieved | requests | P50 | P95 | P99 | max | failed | refused | server's cores | memory, peak |
            |---|---|---|---|---|---|---|---|---|---|---|---|

            """));
        foreach (var one in judgements)
            text.Append(Row(one));
        text.Append("\n![Latency by percentile](percentiles.svg)\n\n## The four objectives\n\n| scenario | objective | clients | metrics | room left | |\n|---|---|---|---|---|---|\n");
        foreach (var one in judgements)
        {
            foreach (var verdict in one.Verdicts)
                text.Append($"| {one.Result.Scenario.Name} | {verdict.Objective.Promise} | {Words.Sight(verdict.Client)} | {Words.Sight(verdict.Metrics)} | {Words.Room(verdict)} | {(verdict.IsMet ? "✓" : "**✗**")} |\n");
        }
        text.Append('\n');
        foreach (var one in judgements)
            text.Append(Section(one));
        return text.ToString();
    }

    private static string Row(Judgement one) => Words.Invariant(
        $"| {one.Result.Scenario.Name} | {Words.Rate(one.Offered)} | {Words.Rate(one.Achieved)} | {one.Latencies.Count} | {Percentile(one, 50)} | {Percentile(one, 95)} | {Percentile(one, 99)} | {Words.Seconds(one.Latencies.Maximum)} | {one.Failed} | {one.Refused} | {(one.Result.Resources is { } used ? Words.Invariant($"{used.Cores:0.00}") : "–")} | {(one.Result.Resources is { } peak ? Words.Bytes(peak.PeakBytes) : "–")} |\n");

    private static string Section(Judgement one)
    {
        var agreement = one.Complaints.Count == 0
            ? "Clients and metrics agree on every count of requests and errors, and on the P95."
            : string.Join('\n', one.Complaints.Select(complaint => $"- **{complaint}**"));
        return $"""
            ## {one.Result.Scenario.Name}: {one.Result.Scenario.Title}

            {agreement}

            Part of the latencies are the clients' own late starts: P95 {Words.Seconds(one.Lateness.Percentile(95))}.

            ![{one.Result.Scenario.Name}]({one.Result.Scenario.Name}.svg)


            """;
    }

    private static string Percentile(Judgement one, double percentile) => Words.Seconds(one.Latencies.Percentile(percentile));
}
