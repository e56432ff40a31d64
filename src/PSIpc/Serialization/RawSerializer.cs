
namespace PSIpc;

internal sealed class RawSerializer
{
    public const byte FormatNumber = 0;
}
