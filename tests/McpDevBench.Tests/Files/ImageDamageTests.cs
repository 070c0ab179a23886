using McpDevBench.Files;

namespace McpDevBench.Tests.Files;

/// <summary>An image that is cut short is not shown as one.</summary>
public sealed class ImageDamageTests
{
    public static TheoryData<string, byte[]> Images => new()
    {
        { "image/png", SampleImages.Png() }, { "image/jpeg", SampleImages.Jpeg }, { "image/gif", SampleImages.Gif },
        { "image/webp", SampleImages.WebP },
    };

    [Theory]
    [MemberData(nameof(Images))]
    public void Only_a_whole_image_is_whole(string type, byte[] image)
    {
        Assert.Equal(type, ImageFormat.Of(image));
        Assert.Null(ImageDamage.Of(image, type));
        Assert.Null(ImageDamage.Of([.. image, 1, 2, 3], type));
        for (var length = 12; length < image.Length; length++)
            Assert.NotNull(ImageDamage.Of(image.AsSpan(0, length), type));
    }

    [Theory]
    [MemberData(nameof(Images))]
    public void No_bytes_at_all_make_it_fail(string type, byte[] image)
    {
        var random = new Random(3);
        for (var round = 0; round < 20_000; round++)
        {
            var broken = image.ToArray();
            for (var i = 0; i < 3; i++)
                broken[random.Next(12, broken.Length)] = (byte)random.Next(256);
            ImageDamage.Of(broken, type);
        }
    }

    [Fact]
    public void The_reason_is_named()
    {
        Assert.Equal("it ends too early, before its IEND chunk", ImageDamage.Of(SampleImages.Png().AsSpan(..^12), "image/png"));
        Assert.Equal("it ends too early, before its end marker (FF D9)", ImageDamage.Of(SampleImages.Jpeg.AsSpan(..^2), "image/jpeg"));
        Assert.Equal("it ends too early, before its trailer (3B)", ImageDamage.Of(SampleImages.Gif.AsSpan(..^1), "image/gif"));
        Assert.Equal("it should have 24 bytes and has 23", ImageDamage.Of(SampleImages.WebP.AsSpan(..^1), "image/webp"));
    }
}
