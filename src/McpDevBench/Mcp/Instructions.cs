using System.Text;
using System.Text.Json.Nodes;
using ModelContextProtocol.Protocol;

namespace McpDevBench.Mcp;

/// <summary>The instructions of the server for a model. Resources and templates have texts of their own.</summary>
internal static class Instructions
{
    private const string Member = "instructions", Placeholder = "{file_endpoint}", Network = "{network}";

    private static readonly string _text = Read();

    /// <param name="allowNetwork">Whether spawn may ask for a network.</param>
    public static string Text(bool allowNetwork) => _text.Replace(
        Network, allowNetwork ? "There is no network unless spawn got network=bridge." : "There is no network.", StringComparison.Ordinal);

    /// <summary>Names the file endpoint as this caller reaches it, in an answer that has the instructions.</summary>
    public static void Address(JsonRpcMessage message)
    {
        if (message is not JsonRpcResponse { Result: JsonObject result } response || result[Member] is not JsonValue text
            || !text.TryGetValue<string>(out var instructions))
            return;
        var addressed = (JsonObject)result.DeepClone();
        addressed[Member] = instructions.Replace(Placeholder, FileAddress.Pattern(FileAddress.Base ?? ""), StringComparison.Ordinal);
        response.Result = addressed;
    }

    private static string Read()
    {
        using var stream = typeof(Instructions).Assembly.GetManifestResourceStream("Instructions.md")!;
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return reader.ReadToEnd();
    }
}
