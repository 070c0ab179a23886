using System.Text;

namespace McpDevBench.Mcp;

/// <summary>What a model is told of the server as a whole. Resources and templates have their own text.</summary>
internal static class Instructions
{
    public static string Text { get; } = Read();

    private static string Read()
    {
        using var stream = typeof(Instructions).Assembly.GetManifestResourceStream("Instructions.md")!;
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return reader.ReadToEnd();
    }
}
