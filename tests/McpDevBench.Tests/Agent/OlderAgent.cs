using System.Collections.Concurrent;
using System.IO.Compression;

namespace McpDevBench.Tests.Agent;

/// <summary>The committed agents of older protocol versions, each unpacked once for all tests.</summary>
internal static class OlderAgent
{
    private static readonly ConcurrentDictionary<int, Lazy<string>> s_binaries = [];

    /// <returns>Path of the executable.</returns>
    public static string Of(int version) => s_binaries.GetOrAdd(version, _ => new Lazy<string>(() => Unpack(version))).Value;

    private static string Unpack(int version)
    {
        var binary = Path.Combine(Directory.CreateTempSubdirectory().FullName, "devbench-agent");
        using (var packed = new GZipStream(File.OpenRead(Find($"devbench-agent-v{version}-linux-x64.gz")), CompressionMode.Decompress))
        using (var unpacked = File.Create(binary))
            packed.CopyTo(unpacked);
        File.SetUnixFileMode(binary, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        return binary;
    }

    private static string Find(string name)
    {
        for (var folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            var candidate = Path.Combine(folder, "tests", "agents", name);
            if (File.Exists(candidate))
                return candidate;
        }
        throw new FileNotFoundException($"tests/agents/{name} is missing");
    }
}
