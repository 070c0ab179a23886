using System.Net;
using McpDevBench.Access;

namespace McpDevBench.Tests.Access;

public sealed class HostRulesTests
{
    [Theory]
    [InlineData("127.0.0.1", "localhost:8000", true)]
    [InlineData("127.0.0.1", "localhost", true)]
    [InlineData("127.0.0.1", "LOCALHOST:9000", true)]
    [InlineData("127.0.0.1", "127.0.0.1:8000", true)]
    [InlineData("127.0.0.1", "[::1]:8000", true)]
    [InlineData("127.0.0.1", "evil.example", false)]
    [InlineData("127.0.0.1", "evil.example:8000", false)]
    [InlineData("127.0.0.1", "localhost.evil.example", false)]
    [InlineData("127.0.0.1", "localhost:8000@evil.example", false)]
    [InlineData("127.0.0.1", "localhost:port", false)]
    [InlineData("127.0.0.1", "", false)]
    [InlineData("127.0.0.1", "bench.example", true)]
    [InlineData("127.0.0.1", "bench.example:1234", true)]
    [InlineData("127.0.0.1", "other.example:8443", true)]
    [InlineData("127.0.0.1", "other.example:8444", false)]
    [InlineData("0.0.0.0", "10.0.0.5:8000", true)]
    [InlineData("0.0.0.0", "10.0.0.6:8000", false)]
    [InlineData("192.168.7.7", "192.168.7.7:8000", true)]
    [InlineData("192.168.7.7", "192.168.7.8:8000", false)]
    public void Only_our_own_names_are_let_in(string listening, string header, bool allowed)
    {
        var rules = new HostRules(new AccessOptions { Host = listening, AllowedHosts = ["bench.example", "other.example:8443"] });
        Assert.Equal(allowed, rules.AllowsHost(header, IPAddress.Parse("10.0.0.5")));
    }

    [Theory]
    [InlineData("http://localhost:8000", true)]
    [InlineData("http://127.0.0.1:8000", true)]
    [InlineData("http://[::1]:8000", true)]
    [InlineData("http://localhost:3000", false)]
    [InlineData("http://localhost", false)]
    [InlineData("https://localhost:8000", false)]
    [InlineData("http://evil.example", false)]
    [InlineData("http://localhost:8000.evil.example", false)]
    [InlineData("null", false)]
    [InlineData("", false)]
    [InlineData("https://bench.example", true)]
    [InlineData("https://bench.example:443", true)]
    [InlineData("https://bench.example:444", false)]
    [InlineData("http://bench.example", false)]
    public void Only_our_own_pages_and_the_named_ones_may_call(string header, bool allowed)
    {
        var rules = new HostRules(new AccessOptions { AllowedOrigins = ["https://bench.example"] });
        Assert.Equal(allowed, rules.AllowsOrigin(header, 8000));
    }

    [Theory]
    [InlineData("/mcp", "Host", "evil.example", HttpStatusCode.MisdirectedRequest)]
    [InlineData("/mcp", "Origin", "http://evil.example", HttpStatusCode.Forbidden)]
    [InlineData("/health/live", "Host", "evil.example", HttpStatusCode.MisdirectedRequest)]
    [InlineData("/health/ready", "Origin", "http://evil.example", HttpStatusCode.Forbidden)]
    [InlineData("/workspaces/x/files?path=a", "Host", "evil.example", HttpStatusCode.MisdirectedRequest)]
    [InlineData("/workspaces/x/files?path=a", "Origin", "null", HttpStatusCode.Forbidden)]
    public async Task Nothing_is_reached_by_strangers(string path, string header, string value, HttpStatusCode expected)
    {
        using var server = await TestServer.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Post, path);
        request.Headers.TryAddWithoutValidation(header, value);
        var response = await server.Client.SendAsync(request);
        Assert.Equal(expected, response.StatusCode);
        Assert.StartsWith("{", await response.Content.ReadAsStringAsync());
        Assert.True(response.Headers.Contains("X-Correlation-Id"));
    }
}
