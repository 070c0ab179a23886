using System.ComponentModel;
using System.Globalization;
using McpDevBench.Workspaces;

namespace McpDevBench.Mcp;

internal sealed record ListImagesArguments(
    [Description("Only names that contain this text.")] string? Filter = null,
    string? Cursor = null);

/// <param name="Digest">As spawn reports it; spawn takes name@digest as an image.</param>
internal sealed record ListedImage(string Name, long SizeBytes, string Digest, bool? Default = null);

/// <param name="Hint">Why there is nothing.</param>
internal sealed record ListImagesResult(
    IReadOnlyList<ListedImage> Images, string DefaultImage, bool DefaultIsLocal, string? NextCursor = null, string? Hint = null);

internal sealed class ListImagesTool(ImageList images)
    : TypedTool<ListImagesArguments, ListImagesResult>(Facts, McpJson.Default.ListImagesArguments, McpJson.Default.ListImagesResult), ITool
{
    public static ToolFacts Facts { get; } = ToolFacts.Reads("list_images", "List images",
        "Lists the images on this host that spawn may use. spawn may pull others that policy allows.");

    protected override async Task<ListImagesResult> CallAsync(
        ListImagesArguments arguments, ToolCall call, CancellationToken cancellationToken)
    {
        var page = await images.PageAsync(arguments.Filter, arguments.Cursor, cancellationToken);
        return new(
            [.. page.Images.Select(image => new ListedImage(image.Name, image.Size, image.Digest, image.IsDefault ? true : null))],
            page.DefaultImage, page.DefaultIsLocal, page.NextCursor, page.Images.Count == 0 ? WhyNone(arguments, page) : null);
    }

    private static string WhyNone(ListImagesArguments arguments, ImagePage page)
    {
        if (arguments.Cursor is not null)
            return "There are no images after this cursor.";
        if (arguments.Filter is not { } filter)
            return "There is no image on this host that policy allows; spawn pulls one.";
        var nearest = page.Nearest is null ? "" : $" Did you mean {page.Nearest}?";
        return $"No image on this host that policy allows contains '{filter}'.{nearest} spawn may pull others.";
    }

    protected override string Render(ListImagesResult result)
    {
        var lines = result.Images.Select(
            image => $"{image.Name} {Megabytes(image.SizeBytes)} {image.Digest}{(image.Default == true ? " (default)" : "")}");
        var list = result.Hint ?? string.Join('\n', lines);
        var missing = result.DefaultIsLocal
            ? ""
            : $"\nThe default image {result.DefaultImage} is not on this host{ToolNames.Whole(": spawn pulls it")}.";
        return $"{list}{Words.More(result.NextCursor)}{missing}";
    }

    private static string Megabytes(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e6:0.#} MB");
}
