using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace McpDevBench.Workspaces;

/// <summary>
/// Reads MCP_WORKSPACE_CA_FILE: certificate authorities that every workspace trusts beside its image's, such as a TLS-inspecting proxy's.
/// </summary>
internal static class CaFile
{
    private const string Name = "MCP_WORKSPACE_CA_FILE";
    private const int MaxBytes = 1 << 20;

    /// <returns>The certificates alone, as PEM; null if it is not set, or not allowed.</returns>
    public static byte[]? Read(Settings settings)
    {
        var path = settings.OptionalText(Name,
            "A PEM file of certificate authorities that every workspace trusts beside its image's, such as a TLS-inspecting proxy's.");
        if (path is null)
            return null;
        try
        {
            if (new FileInfo(path).Length > MaxBytes)
                return Reject(settings, path, $"it is larger than {MaxBytes >> 20} MiB");
            var text = File.ReadAllText(path);
            if (text.Contains("PRIVATE KEY-----", StringComparison.Ordinal))
                return Reject(settings, path, "it contains a private key, which every workspace could read");
            var certificates = new X509Certificate2Collection();
            certificates.ImportFromPem(text);
            if (certificates.Count == 0)
                return Reject(settings, path, "it contains no certificate");
            return Encoding.ASCII.GetBytes(string.Concat(certificates.Select(certificate => certificate.ExportCertificatePem() + "\n")));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            return Reject(settings, path, $"it cannot be read ({e.Message})");
        }
    }

    private static byte[]? Reject(Settings settings, string path, string why)
    {
        settings.Refuse($"{Name}='{path}' is not allowed: {why}; use a PEM file with one or more certificates.");
        return null;
    }
}
