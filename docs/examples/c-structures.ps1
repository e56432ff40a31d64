# C structures, as ctypes has them in Python. Layouts are those of the C compiler, and each value is checked.

$reading = New-CStruct '
    enum Unit { Celsius, Kelvin = 3 };
    struct Reading {
        uint32_t id;
        double   value;
        enum Unit unit;
        unsigned valid : 1, channel : 5;   // bit fields
        char     place[16];
    };'
"$($reading.Name) has $($reading.Size) bytes: $($reading.Fields.ForEach{ "$($_.Name) at $($_.Offset)" } -join ', ')"

# To bytes and back. Members that are not given are 0; values that do not fit are errors.
$bytes = ConvertTo-IpcData @{ id = 7; value = 21.5; unit = 'Kelvin'; valid = 1; channel = 12; place = 'roof' } -Layout $reading
"$($bytes.Length) bytes: $([Convert]::ToHexString($bytes))"
$back = ConvertFrom-IpcData $bytes -Layout Reading
"$($back.place): $($back.value) $($back.unit), channel $($back.channel)"

# As messages: the receiver, in another process, does not need the layout.
$queue = New-IpcQueue -Layout $reading
foreach ($i in 1..3) { Send-IpcMessage $queue @{ id = $i; value = 20 + $i / 10; place = "room $i" } }
Close-IpcQueue $queue
$process = Start-IpcProcess { Receive-IpcMessage $using:queue -Wait | ForEach-Object { "$($_.place): $($_.value)" } }
$process | Wait-IpcProcess | Receive-IpcProcess
$process | Remove-IpcProcess
Remove-IpcQueue $queue

# Functions of native libraries, with the same types.
if ($IsLinux) {
    "cos(0.5) is $(Invoke-NativeFunction -Library libm.so.6 -Name cos -ReturnType double -ArgumentType double -ArgumentList 0.5)"
    $numbers = [int[]](5, 3, 9, 1)
    $types = 'int *', 'size_t', 'size_t', 'int (*)(const int *, const int *)'
    Invoke-NativeFunction libc.so.6 qsort -ReturnType void -ArgumentType $types -ArgumentList $numbers, 4, 4, { param($x, $y) $x.Value - $y.Value }
    "sorted by C with a script block: $numbers"
}

# A custom serializer, registered in each session that uses it.
Register-IpcSerializer Csv { $_ -join ',' } { , [Text.Encoding]::UTF8.GetString($_).Split(',') } -Force
$text = ConvertTo-IpcData ('a', 'b', 'c') Csv
"Csv writes '$([Text.Encoding]::UTF8.GetString($text))' and reads $((ConvertFrom-IpcData $text Csv).Count) values"
Unregister-IpcSerializer Csv
