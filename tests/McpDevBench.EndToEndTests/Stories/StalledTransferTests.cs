using System.Net;
using McpDevBench.EndToEndTests.Machine;
using McpDevBench.EndToEndTests.Product;

namespace McpDevBench.EndToEndTests.Stories;

/// <summary>
/// Clients of the file endpoint that begin to download and never read: they cost others nothing, and their slots come back.
/// </summary>
public sealed class StalledTransferTests(ServerProcess server) : IClassFixture<ServerProcess>
{
    private const int Stalled = 8;

    /// <summary>What fits into no buffer on the way.</summary>
    private const int Size = 64 << 20;

    [Fact]
    public async Task The_file_tools_of_a_workspace_go_on_beside_its_stalled_downloads()
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Busybox);
        await workspace.Sh($"head -c {Size} /dev/zero > big.bin");
        await workspace.Write("note.txt", "beside");
        var address = new Uri(server.BaseAddress, $"workspaces/{workspace.Id}/files?path=big.bin");

        var downloads = Enumerable.Range(0, Stalled)
            .Select(
                _ =>
                    server.Http.GetAsync(
                        address, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken)).ToList();
        try
        {
            // Those that have a slot have begun; the others are answered once they have waited for one.
            var first = await Task.WhenAny(downloads);
            Assert.Equal(HttpStatusCode.OK, (await first).StatusCode);
            Assert.Equal("beside", (await workspace.Read("note.txt")).Content);
            Assert.Single((await workspace.Search("beside")).Found);
            await workspace.Write("another.txt", "written");
            var answers = await Task.WhenAll(downloads);
            Assert.Equal(4, answers.Count(answer => answer.StatusCode == HttpStatusCode.OK));
            var refused = answers.First(answer => answer.StatusCode != HttpStatusCode.OK);
            Assert.Equal(HttpStatusCode.GatewayTimeout, refused.StatusCode);
            Assert.Contains(
                "other transfers of the workspace", await refused.Content.ReadAsStringAsync(TestContext.Current.CancellationToken),
                StringComparison.Ordinal);
            Assert.Equal("written", (await workspace.Read("another.txt")).Content);

            // Their clients are still there, and are not waited for.
            await Deadline.Until(
                async () =>
                {
                    using var next = await server.Http.GetAsync(address, TestContext.Current.CancellationToken);
                    return next.StatusCode == HttpStatusCode.OK;
                },
                TimeSpan.FromMinutes(2), "a slot of a stalled download is free again");
        }
        finally
        {
            foreach (var download in downloads.Where(download => download.IsCompletedSuccessfully))
                (await download).Dispose();
        }
    }
}
