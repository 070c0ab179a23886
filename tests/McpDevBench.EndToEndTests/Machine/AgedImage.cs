using System.Formats.Tar;
using System.Text.Json.Nodes;

namespace McpDevBench.EndToEndTests.Machine;

/// <summary>An image that was made long ago, as far as the engine can tell: saved, dated back and loaded.</summary>
internal static class AgedImage
{
    private const string Manifest = "manifest.json";

    /// <param name="image">The id of an image without a name; it is removed.</param>
    /// <returns>The id of the old one.</returns>
    public static async Task<string> Of(PrivateEngine engine, string image)
    {
        using var folder = new TemporaryFolder();
        var (saved, aged) = (folder["saved.tar"], folder["aged.tar"]);
        await engine.Docker("save", "-o", saved, image);
        await Rewrite(saved, aged);
        await engine.Docker("image", "rm", image);
        var loaded = await engine.Docker("load", "-q", "-i", aged);
        return loaded[loaded.IndexOf("sha256:", StringComparison.Ordinal)..].Trim();
    }

    private static async Task Rewrite(string saved, string aged)
    {
        var config = await ConfigOf(saved);
        await using var from = new TarReader(File.OpenRead(saved));
        await using var to = new TarWriter(File.Create(aged));
        while (await from.GetNextEntryAsync(copyData: true) is { } entry)
        {
            if (entry.Name == config)
            {
                var content = (await JsonNode.ParseAsync(entry.DataStream!))!;
                content["created"] = "2020-01-01T00:00:00Z";
                entry.DataStream = new MemoryStream(System.Text.Encoding.UTF8.GetBytes(content.ToJsonString()));
            }
            await to.WriteEntryAsync(entry);
        }
    }

    private static async Task<string> ConfigOf(string saved)
    {
        await using var reader = new TarReader(File.OpenRead(saved));
        while (await reader.GetNextEntryAsync() is { } entry)
        {
            if (entry.Name == Manifest)
                return (await JsonNode.ParseAsync(entry.DataStream!))![0]!["Config"]!.GetValue<string>();
        }
        throw new InvalidDataException($"no {Manifest} in the saved image");
    }
}
