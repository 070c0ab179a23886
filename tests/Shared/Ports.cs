using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace McpDevBench.Testing;

internal static class Ports
{
    /// <summary>Sockets whose names show other processes of tests which ports are given. They go with this process.</summary>
    private static readonly ConcurrentDictionary<int, Socket> _given = new();

    /// <summary>
    /// A port of the loopback address that is free, never the same twice, in this process or in another one of tests: otherwise a test
    /// takes the server of another one for its own, until that one stops. It lies below the range from which the kernel takes the ports of
    /// outgoing connections: none of these can take it before its user listens, or while its user restarts.
    /// </summary>
    public static int Free()
    {
        while (true)
        {
            var port = Random.Shared.Next(20_000, 32_000);
            if (TryClaim(port) && IsFree(port))
                return port;
        }
    }

    private static bool TryClaim(int port)
    {
        var claim = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        try
        {
            claim.Bind(new UnixDomainSocketEndPoint($"\0mcp-devbench-test-port-{port}"));
        }
        catch (SocketException)
        {
            claim.Dispose();
            return false;
        }
        _given[port] = claim;
        return true;
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
