using McpDevBench.EndToEndTests.Machine;
using McpDevBench.EndToEndTests.Product;

namespace McpDevBench.EndToEndTests.Stories;

/// <summary>
/// The official conformance suite against the product. What the baselines excuse needs fixtures, which a product does not have.
/// </summary>
public sealed class ConformanceTests(ServerProcess server) : IClassFixture<ServerProcess>
{
    [Theory]
    [InlineData("2025-11-25")]
    [InlineData("2026-07-28")]
    public async Task Everything_that_a_revision_requires_is_met(string revision)
    {
        using var results = new TemporaryFolder();
        var run = await Command.Run(
            TestClients.Path("conformance"),
            ["server", "--url", server.Endpoint.ToString(), "--requirements", revision, "--expected-failures", TestClients.File(
                $"conformance-{revision}.yml"), "-o", results.Path],
            TestClients.Environment);
        run.Succeeded();
    }

    /// <summary>
    /// The same pipeline around tools, prompts and resources of the names that the suite asks for: there, nothing is excused.
    /// </summary>
    [Theory]
    [InlineData("2025-11-25", "true")]
    [InlineData("2026-07-28", "false")]
    public async Task With_its_fixtures_the_pipeline_meets_all_that_is_scored(string revision, string sessions)
    {
        await using var host = new ServerProcess(
            new Dictionary<string, string> { ["CONFORMANCE_SESSIONS"] = sessions }) { Binary = Repository.ConformanceHost };
        await host.InitializeAsync();
        using var results = new TemporaryFolder();
        var run = await Command.Run(
            TestClients.Path("conformance"), ["server", "--url", host.Endpoint.ToString(), "--requirements", revision, "-o", results.Path], TestClients.Environment);
        run.Succeeded();
    }
}
