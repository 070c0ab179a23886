using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace McpDevBench.Vocabulary;

/// <summary>Where a listener listens, in the notation of settings: an IP address, <c>localhost</c>, or <c>*</c> for all.</summary>
internal static class ListenAddress
{
    /// <returns>Null for localhost by name, or what cannot be read.</returns>
    public static IPAddress? Parse(string host) => host switch
    {
        "*" or "+" => IPAddress.IPv6Any,
        _ => IPAddress.TryParse(host.Trim('[', ']'), out var address) ? address : null,
    };

    public static bool IsLoopback(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || (Parse(host) is { } address && IPAddress.IsLoopback(address));

    /// <param name="host">One that can be read.</param>
    /// <param name="port">0: a free one.</param>
    public static void Listen(this KestrelServerOptions kestrel, string host, int port)
    {
        if (Parse(host) is { } address)
            kestrel.Listen(address, port);
        else if (port == 0)
            kestrel.Listen(IPAddress.Loopback, 0);
        else
            kestrel.ListenLocalhost(port);
    }

    /// <summary>Asked before anything is started: a second server must not touch what belongs to the first.</summary>
    public static string? WhyNot(string host, int port)
    {
        using var listener = new TcpListener(Parse(host) ?? IPAddress.Loopback, port);
        try
        {
            listener.Start();
            return null;
        }
        catch (SocketException exception)
        {
            return exception.Message;
        }
    }
}
