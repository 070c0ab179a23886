using McpDevBench.Files;

namespace McpDevBench.Tests.Files;

public sealed class DownloadTypeTests
{
    [Theory]
    [InlineData("a.txt", "text/plain")]
    [InlineData("a.png", "image/png")]
    [InlineData("a.json", "application/json")]
    [InlineData("a.tar", "application/x-tar")]
    [InlineData("a.html", "application/octet-stream")]
    [InlineData("a.HTM", "application/octet-stream")]
    [InlineData("a.svg", "application/octet-stream")]
    [InlineData("a.xml", "application/octet-stream")]
    [InlineData("a.xhtml", "application/octet-stream")]
    [InlineData("a.mht", "application/octet-stream")]
    [InlineData("a.js", "application/octet-stream")]
    [InlineData("a.css", "application/octet-stream")]
    [InlineData("a.pdf", "application/octet-stream")]
    [InlineData("a.swf", "application/octet-stream")]
    [InlineData("a", "application/octet-stream")]
    public void Nothing_active_is_sent_as_what_it_is(string name, string type) => Assert.Equal(type, DownloadType.Of(MimeTypes.Of(name)));

    [Theory]
    [InlineData("/workspace/a/report.pdf", "attachment; filename=report.pdf; filename*=UTF-8''report.pdf")]
    [InlineData("a\"b;c.txt", "filename*=UTF-8''a%22b%3Bc.txt")]
    [InlineData("a\nX: y", "filename*=UTF-8''a%0AX%3A%20y")]
    [InlineData("a\u0001\u007f", "filename*=UTF-8''a%01%7F")]
    [InlineData("\u6587.txt", "filename*=UTF-8''%E6%96%87.txt")]
    [InlineData("directory/", "filename=directory;")]
    public void A_file_is_saved_under_its_name(string path, string part)
    {
        var header = DownloadType.Disposition(path);
        Assert.StartsWith("attachment; filename=", header);
        Assert.Contains(part, header);
        Assert.DoesNotContain(header, char.IsControl);
        Assert.DoesNotContain(header, letter => letter > 126);
    }
}
