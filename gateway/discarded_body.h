#pragma once

#include <boost/beast/core/buffers_range.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/optional.hpp>
#include <cstddef>
#include <cstdint>

namespace readcount::gateway {

// A body for Boost.Beast's parser that counts its bytes against the limit and keeps none: no route reads a
// body.
struct DiscardedBody {
  // NOLINTBEGIN(readability-identifier-naming): the names are Boost.Beast's.
  struct value_type {};

  class reader {
   public:
    template <bool kRequest, typename Fields>
    reader(boost::beast::http::header<kRequest, Fields>& /*header*/, value_type& /*body*/) {}

    void init(const boost::optional<uint64_t>& /*length*/, boost::system::error_code& error) { error = {}; }

    template <typename Buffers>
    size_t put(const Buffers& buffers, boost::system::error_code& error) {
      error = {};
      return boost::beast::buffer_bytes(buffers);
    }

    void finish(boost::system::error_code& error) { error = {}; }
  };
  // NOLINTEND(readability-identifier-naming)
};

}  // namespace readcount::gateway
