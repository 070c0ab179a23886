using System.Xml.Linq;
using McpDevBench.LoadTests.Report;
using McpDevBench.LoadTests.Slo;

namespace McpDevBench.Tests.LoadTests;

public sealed class ReportTests
{
    [Fact]
    public void A_load_without_fault_is_good_and_says_what_was_measured()
    {
        var (judgement, text) = Report(new Judgement(TwentyCalls.Of(server: 0.004)));
        Assert.True(judgement.IsGood, text);
        Assert.Contains("20.0/s offered", text, StringComparison.Ordinal);
        Assert.Contains("P95 5 ms", text, StringComparison.Ordinal);
        Assert.Contains("no traffic", text, StringComparison.Ordinal);
        Assert.DoesNotContain("✗", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_failure_of_the_server_breaks_the_promise_on_both_sides()
    {
        var (judgement, text) = Report(new Judgement(TwentyCalls.Of(server: 0.004, error: "server_error", countedErrors: 1)));
        Assert.Empty(judgement.Complaints);
        Assert.Equal([Objective.Errors], judgement.Verdicts.Where(verdict => !verdict.IsMet).Select(verdict => verdict.Objective));
        Assert.False(judgement.IsGood);
        Assert.Contains("✗ errors", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_disagreement_is_a_failure_with_a_sentence()
    {
        var (judgement, text) = Report(new Judgement(TwentyCalls.Of(server: 0.004, counted: 19)));
        Assert.False(judgement.IsGood);
        Assert.Contains(
            "✗ Clients and metrics disagree on requests of fs_stat: the clients counted 20, the metrics 19.", text,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_report_has_a_picture_of_everything_that_it_shows()
    {
        using var folder = new TemporaryFolder();
        await MarkdownReport.WriteAsync(
            new DirectoryInfo(folder["report"]), [new Judgement(TwentyCalls.Of(server: 0.004))], DateTimeOffset.UnixEpoch);
        var text = await File.ReadAllTextAsync(folder["report/README.md"], TestContext.Current.CancellationToken);
        Assert.Contains("Every promise was kept.", text, StringComparison.Ordinal);
        foreach (var picture in new[] { "percentiles.svg", "test.svg" })
        {
            Assert.Contains($"]({picture})", text, StringComparison.Ordinal);
            Assert.Equal("svg", XDocument.Load(folder[$"report/{picture}"]).Root!.Name.LocalName);
        }
    }

    private static (Judgement Judgement, string Text) Report(Judgement judgement)
    {
        using var text = new StringWriter();
        ConsoleReport.Write(text, judgement);
        return (judgement, text.ToString());
    }
}
