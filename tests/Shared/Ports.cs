using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace McpDevBench.Testing;

internal static class Ports
{
    private static readonly ConcurrentDictionary<int, bool> _given = new();

    /// <summary>
    /// A port of the loopback address that nobody listens on, never the same twice in this process. It lies below the range from which the
    /// kernel takes the ports of outgoing connections: none of these can take it before its user listens, or while its user restarts.
    /// </summary>
    public static int Free()
    {
        while (true)
        {
            var port = Random.Shared.Next(20_000, 32_000);
            if (_given.TryAdd(port, true) && IsFree(port))
                return port;
        }
    }

    private static bool IsFree(int port)
    {
        using var listener = new TcpListener(IPAddress.Loopback, port);
        try
        {
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
