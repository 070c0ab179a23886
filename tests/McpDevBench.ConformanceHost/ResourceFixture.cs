using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace McpDevBench.ConformanceHost;

/// <summary>A resource that the suite reads by its address.</summary>
internal sealed class ResourceFixture(
    string template, string name, string mimeType, Func<string, ResourceContents> read) : McpServerResource
{
    public static IEnumerable<McpServerResource> All { get; } =
    [
        new ResourceFixture(
            "test://static-text", "Text", "text/plain", uri => Text(uri, "text/plain", "This is the content of the static text resource.")),
        new ResourceFixture(
            "test://static-binary", "Picture", "image/png", uri => BlobResourceContents.FromBytes(ContentTools.Image, uri, "image/png")),
        new ResourceFixture("test://watched-resource", "Watched text", "text/plain", uri => Text(uri, "text/plain", "Watched.")),
        new ResourceFixture("test://template/{id}/data", "Data of an id", "application/json", uri =>
        {
            var id = uri["test://template/".Length..^"/data".Length];
            return Text(uri, "application/json", $$"""{"id":"{{id}}","templateTest":true,"data":"Data for ID: {{id}}"}""");
        }),
    ];

    public override ResourceTemplate ProtocolResourceTemplate { get; } =
        new() { UriTemplate = template, Name = name, MimeType = mimeType, Description = "A resource for testing." };

    public override IReadOnlyList<object> Metadata => [];

    public override bool IsMatch(string uri) => template.Contains('{')
        ? uri.StartsWith("test://template/", StringComparison.Ordinal) && uri.EndsWith("/data", StringComparison.Ordinal)
            && uri.Length > "test://template//data".Length
        : uri == template;

    public override ValueTask<ReadResourceResult> ReadAsync(
        RequestContext<ReadResourceRequestParams> request, CancellationToken cancellationToken = default) =>
        ValueTask.FromResult(new ReadResourceResult { Contents = [read(request.Params.Uri)] });

    private static TextResourceContents Text(string uri, string mimeType, string text) =>
        new() { Uri = uri, MimeType = mimeType, Text = text };
}
