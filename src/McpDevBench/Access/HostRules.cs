using System.Globalization;
using System.Net;

namespace McpDevBench.Access;

/// <summary>
/// Which Host and Origin headers are allowed. The checks block DNS rebinding (Host) and cross-origin requests (Origin).
/// </summary>
internal sealed class HostRules
{
    private static readonly string[] _loopbackNames = ["localhost", "127.0.0.1", "[::1]"];

    private readonly AccessOptions _options;
    private readonly List<(string Name, int? Port)> _hosts = [];
    private readonly HashSet<string> _origins = new(StringComparer.OrdinalIgnoreCase);

    public HostRules(AccessOptions options)
    {
        _options = options;
        foreach (var host in options.AllowedHosts)
        {
            if (TryReadHost(host, out var name, out var port))
                _hosts.Add((name, port));
        }
        foreach (var origin in options.AllowedOrigins)
        {
            if (TryReadOrigin(origin, out var normal))
                _origins.Add(normal);
        }
    }

    /// <param name="local">The address that the connection came in on.</param>
    public bool AllowsHost(string? header, IPAddress? local)
    {
        if (!TryReadHost(header, out var name, out var port))
            return false;
        foreach (var allowed in _hosts)
        {
            if (allowed.Name.Equals(name, StringComparison.OrdinalIgnoreCase) && (allowed.Port is null || allowed.Port == port))
                return true;
        }
        if (name.Equals("localhost", StringComparison.OrdinalIgnoreCase))
            return true;
        // DNS cannot rebind an address. The one that the connection came in on is the server's own, and probes use it.
        return IPAddress.TryParse(name, out var address)
            && (IPAddress.IsLoopback(address) || address.Equals(_options.Address) || Same(address, local));
    }

    /// <param name="port">The port that the connection came in on.</param>
    public bool AllowsOrigin(string header, int port)
    {
        if (!TryReadOrigin(header, out var origin))
            return false;
        if (_origins.Contains(origin) || _loopbackNames.Any(name => IsOwn(origin, name, port)))
            return true;
        return _options.Address is { } address && !address.Equals(IPAddress.Any) && !address.Equals(IPAddress.IPv6Any)
            && IsOwn(origin, new Uri($"http://{new IPEndPoint(address, 1)}").Host, port);
    }

    /// <summary>Whether the operator allowed the origin by name.</summary>
    public bool IsConfiguredOrigin(string header) => TryReadOrigin(header, out var origin) && _origins.Contains(origin);

    public static bool TryReadHost(string? text, out string name, out int? port)
    {
        (name, port) = ("", null);
        if (string.IsNullOrEmpty(text) || text.Length > 262)
            return false;
        var colon = text.LastIndexOf(':');
        var bracket = text.LastIndexOf(']');
        if (colon > bracket)
        {
            if (!int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number > 65535)
                return false;
            port = number;
            text = text[..colon];
        }
        name = bracket > 0 ? text.Trim('[', ']') : text;
        return Uri.CheckHostName(name) != UriHostNameType.Unknown;
    }

    /// <summary>An origin as browsers write it: scheme, name, and the port where it is not the scheme's own.</summary>
    public static bool TryReadOrigin(string text, out string origin)
    {
        origin = "";
        if (text.Contains('*') || !Uri.TryCreate(text, UriKind.Absolute, out var uri) || uri.PathAndQuery != "/"
            || uri.Host.Length == 0 || uri.UserInfo.Length + uri.Fragment.Length > 0)
            return false;
        var port = uri.IsDefaultPort || uri.Port < 0 ? "" : string.Create(CultureInfo.InvariantCulture, $":{uri.Port}");
        origin = $"{uri.Scheme}://{uri.Host}{port}";
        return true;
    }

    private static bool IsOwn(string origin, string name, int port)
    {
        var own = port == 80 ? $"http://{name}" : string.Create(CultureInfo.InvariantCulture, $"http://{name}:{port}");
        return origin.Equals(own, StringComparison.OrdinalIgnoreCase);
    }

    private static bool Same(IPAddress address, IPAddress? local) =>
        local is not null && (address.Equals(local) || (local.IsIPv4MappedToIPv6 && address.Equals(local.MapToIPv4())));
}
