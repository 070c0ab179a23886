using Microsoft.AspNetCore.StaticFiles;

namespace McpDevBench.Files;

/// <summary>What kind of content a name promises.</summary>
internal static class MimeTypes
{
    private static readonly FileExtensionContentTypeProvider _byExtension = new(new Dictionary<string, string>(
        new FileExtensionContentTypeProvider().Mappings, StringComparer.OrdinalIgnoreCase)
    {
        [".cs"] = "text/x-csharp",
        [".go"] = "text/x-go",
        [".ini"] = "text/plain",
        [".java"] = "text/x-java",
        [".log"] = "text/plain",
        [".md"] = "text/markdown",
        [".py"] = "text/x-python",
        [".rs"] = "text/x-rust",
        [".sh"] = "application/x-sh",
        [".sql"] = "application/sql",
        [".toml"] = "application/toml",
        [".ts"] = "text/x-typescript",
        [".yaml"] = "application/yaml",
        [".yml"] = "application/yaml",
    });

    public static string Of(string path) => _byExtension.TryGetContentType(path, out var type) ? type : "application/octet-stream";
}
