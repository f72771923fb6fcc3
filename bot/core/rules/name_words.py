"""Words that make a 称呼 read like an office, like the bot or its operators, or like an instruction (threat 17)."""

from typing import Final

OFFICES: Final = """
管理员 管理者 管理组 超级管理 超管 系统 官方 客服 机器人 机械人 小助手 助手 助理 知心 值班 干部 书记 支书 团委
团支部 团组织 团总支 党组织 共青团 党委 支部 团工委 负责人 专干 干事 群主 群管 版主 站长 运营 审核 公告 通知
通告 提醒 警告 紧急 公安 民警 警察 警官 法院 法官 检察 派出所 反诈 银行 支付宝 辅导员 班主任 校长 县长 市长 领导
主任 主席 秘书 记录中 录制中 停止记录 本系统 后台 咨询师 咨询员 心理咨询 心理老师 心理医生 青少年服务台 热线
政府 安全中心 服务中心 举报中心 受理中心 指挥中心 客户中心 教务处 学生处 保卫处 财务处 人事处 办公室 学工部
学工处 人事部 财务部 组织部 宣传部 武装部 教育局 人社局 民政局 组织委员 宣传委员 纪检委员 人工服务 服务号
技术支持 运维 开发者 认证 验证中 已验证 上级 微信团队 腾讯 qq管家 扣扣群
"""
"""Whoever wears one of these is taken for somebody in office, for the bot or for the platform."""
ORDERS: Final = """
绑定 绑定码 验证码 取件码 邀请码 密码 口令 链接 点击 点这 点我 戳我 扫码 扫一扫 二维码 转账 转我 汇款 红包 付款
打款 打钱 借钱 给我钱 码给我 加我 加微信 加好友 加扣扣 加v 微信号 发给我 发我 发来 告诉我 回复 私聊我 私信
联系我 领奖 中奖 领取 免费领 进群 复制打开 请把 请将 请发 请点 请加 请联系 请勿 务必 立即 马上 请输入 输入 下载
登录 登陆 确认删除 删除我的 我同意 我的同意 撤回 退出本 结束聊天 谈心结束 http www com/
"""
WHOLE: Final = """
管理 本人 对方 用户 匿名 不署名 署名 某人 未知 已注销 一位青年 青年 没有名字 无名氏 全体 所有人 全体成员 置顶
上报 组织 财务 人事 保安 物业 校医 委员 团员 同意 不同意 确认 收到 退出 取消 撤销 停止 删除 帮助 菜单 算了
不用了 是 否 好的 可以 匿名青年 匿名用户 系统用户 110 119 120 122 12110 12338 12345 12355 12356 96110 10086
10010 10000 null none undefined nil test everyone all here channel owner gm mod sys hr rec me you anonymous
unknown user vx wx
"""
"""Nobody's name by themselves; inside another name they are harmless."""
LATIN: Final = """
admin administrator root system official zhixin robot chatbot moderator operator service support helpdesk staff
notice security bot sysadmin superadmin kefu guanfang guanliyuan guanli xitong tongzhi gonggao jiqiren tuanwei
shuji zhiban tuanganbu fudaoyuan zhixinbot chatgpt siri vx wx vxin weixin wechat
"""
LATIN_INSIDE: Final = """
admin administrator system official zhixin robot chatbot moderator operator service support helpdesk staff
notice security guanfang guanliyuan jiqiren sysadmin
"""
"""Those that no other name holds by chance."""
