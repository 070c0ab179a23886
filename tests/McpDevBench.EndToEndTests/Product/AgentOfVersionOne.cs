using System.IO.Compression;
using System.Security.Cryptography;
using McpDevBench.EndToEndTests.Machine;

namespace McpDevBench.EndToEndTests.Product;

/// <summary>The committed agent of protocol version 1, unpacked.</summary>
internal sealed class AgentOfVersionOne : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();

    public AgentOfVersionOne()
    {
        using var packed = new GZipStream(
            File.OpenRead(Path.Combine(Repository.Root, "tests", "agents", "devbench-agent-v1-linux-x64.gz")), CompressionMode.Decompress);
        using var binary = File.Create(Binary);
        packed.CopyTo(binary);
    }

    public string Binary => _folder["devbench-agent"];

    /// <summary>Such an agent has a volume of its own on the Docker host, which nothing else uses.</summary>
    public async ValueTask DisposeAsync()
    {
        var digest = Convert.ToHexStringLower(SHA256.HashData(await File.ReadAllBytesAsync(Binary)));
        await Command.Run("docker", "volume", "rm", $"mcpdevbench_agent_{digest[..12]}");
        _folder.Dispose();
    }
}
