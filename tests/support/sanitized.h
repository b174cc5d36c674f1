#pragma once

namespace readcount::testing {

// Whether this build carries the address sanitizer, which takes memory of its own and suffers no other
// library that replaces the system's functions.
#if defined(__SANITIZE_ADDRESS__)
inline constexpr bool kSanitized = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = false;
#endif
#else
inline constexpr bool kSanitized = false;
#endif

}  // namespace readcount::testing
