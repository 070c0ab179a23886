using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using McpDevBench.Workspaces;

namespace McpDevBench.Tests.Workspaces;

/// <summary>Authorities are added to what a Java has; that a Java reads the result is the story of OperatorEnvironmentTests.</summary>
public sealed class JavaTrustStoreTests
{
    private static readonly DateTimeOffset _now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void One_store_is_the_other_with_more_in_it()
    {
        var first = JavaTrustStore.Create([Authority("first")], _now);
        var both = JavaTrustStore.Add(first, [Authority("second")], _now)!;
        Assert.Equal((1u, 2u), (Count(first), Count(both)));
        Assert.Equal(first[12..^20], both[12..(first.Length - 20)]);
        Assert.Equal(3u, Count(JavaTrustStore.Add(both, [Authority("third")], _now)!));
    }

    [Theory]
    [InlineData("changeit")]
    [InlineData(null)]
    public void A_store_in_the_newer_format_is_read_with_the_usual_password_and_without_one(string? password)
    {
        var store = JavaTrustStore.Add(Pkcs12(password), [Authority("second")], _now)!;
        Assert.Equal(2u, Count(store));
    }

    [Fact]
    public void What_is_not_a_store_or_has_another_password_is_left_alone()
    {
        var store = JavaTrustStore.Create([Authority("first")], _now);
        store[^1] ^= 1;
        Assert.Null(JavaTrustStore.Add(store, [Authority("second")], _now));
        Assert.Null(JavaTrustStore.Add([], [Authority("second")], _now));
        Assert.Null(JavaTrustStore.Add("a text"u8.ToArray(), [Authority("second")], _now));
        Assert.Null(JavaTrustStore.Add(Pkcs12("another"), [Authority("second")], _now));
    }

    private static uint Count(byte[] store) => BinaryPrimitives.ReadUInt32BigEndian(store.AsSpan(8));

    private static byte[] Pkcs12(string? password) =>
        new X509Certificate2Collection(
            X509CertificateLoader.LoadCertificate(Authority("first").RawData)).Export(X509ContentType.Pkcs12, password)!;

    private static X509Certificate2 Authority(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256).CreateSelfSigned(_now, _now.AddDays(1));
    }
}
