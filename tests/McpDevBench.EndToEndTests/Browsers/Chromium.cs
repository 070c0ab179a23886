using McpDevBench.EndToEndTests.Machine;

namespace McpDevBench.EndToEndTests.Browsers;

/// <summary>A real browser without a window, with a profile of its own for each page.</summary>
internal static class Chromium
{
    /// <summary>Opens an address as if a person had typed it, and waits until the page and all that it opens is done.</summary>
    /// <param name="foreignName">A name that has become one of this machine, as by DNS rebinding.</param>
    /// <returns>The page as it is then.</returns>
    public static async Task<string> Open(string address, string foreignName = "rebound.example")
    {
        using var folder = new TemporaryFolder();
        var run = await Command.Run(
            "chromium",
            [
                "--headless", "--no-sandbox", "--disable-gpu", "--disable-popup-blocking", "--no-first-run", "--disable-background-networking",
                $"--user-data-dir={folder["profile"]}", $"--host-resolver-rules=MAP {foreignName} 127.0.0.1", "--virtual-time-budget=120000", "--timeout=60000", "--dump-dom", address,
            ],
            new Dictionary<string, string> { ["HOME"] = folder.Path });
        return run.Succeeded();
    }
}
